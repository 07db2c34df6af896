"""How the pocket model is trained: resumable stages, each with a gate."""
