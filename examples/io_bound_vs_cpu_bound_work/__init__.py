"""Programs of the topic: work that waits, work that computes, and what moving it costs."""
