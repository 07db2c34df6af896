"""What is said between processes: messages, their codec, the registry of topics, and the transports."""
