"""What may be asked about a job, by its owner and by the processes that carry it out."""
