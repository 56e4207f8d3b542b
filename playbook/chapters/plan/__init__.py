"""07 Offers: who offers what to whom, by which channel, until when, at what cost."""
