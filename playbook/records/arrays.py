"""The kinds of arrays that calculations take and give; and into how many shards customers are parted."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]

SHARDS = 64
