"""Who looks at photos before training and at pictures before release; it reports, never decides."""
