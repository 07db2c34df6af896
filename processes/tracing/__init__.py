"""How one request is followed from the mutation to its result, through every process."""
