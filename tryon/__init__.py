"""The project and the making of pictures."""

import gc

# A process makes half a million objects as it starts, none of them garbage. Looking through them again and
# again is a tenth of its start (0.64 -> 0.55 s), and of the pauses later.
gc.set_threshold(50_000, 20, 100)
