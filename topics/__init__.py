"""What is said between processes: messages, their codec, the topics, and what carries them."""
