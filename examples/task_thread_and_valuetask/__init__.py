"""Programs of the topic on tasks, threads and what .NET calls ValueTask."""
