"""What a granted claim may read and write: one module per kind of job."""
