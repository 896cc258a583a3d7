"""One page of each kind that the site has, by its address."""

LANDING = "index.html"
LONG = "foundations/crossing-worlds.html"
SYMPTOMS = "reference/symptoms.html"
FOUND = "search.html?q=deadlock"

KINDS = (
    LANDING,
    "overview.html",
    "cancellation-and-timeouts/index.html",
    LONG,
    SYMPTOMS,
    "reference/symptoms/tasks-and-timeouts.html",
    "cancellation-and-timeouts/interview.html",
    FOUND,
    "genindex.html",
    "no/such/page.html",
    "reference/glossary.html",
    "reference/verification.html",
)
