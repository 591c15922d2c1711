"""Plan and structure checks: what a physicist looks at before the dose limits, by the rules of a protocol."""
