"""Winning customers back: from a client's order export to a plan and a measurement."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # linear algebra on one thread: the number of cores would change the last digits of a sum
    os.environ.setdefault(_name, "1")
