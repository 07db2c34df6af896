"""What an owner may know about credits, and an auditor about everybody's."""
