"""What draws cartoon portraits on two CPU cores: the pocket model, its world and its recipe."""
