"""The models of the table, by family; the first of a family stands for it where one is enough."""

GEMINI = "google/gemini-3.1-flash-image"
GEMINI_25 = "google/gemini-2.5-flash-image"
RETIRED = "google/gemini-2.5-flash-image-preview"
MADE_UP = "google/there-is-no-such-model"

FAMILIES = {
    "gemini": (GEMINI,),
    "gemini-2.5": (GEMINI_25,),
    "imagen": ("google/imagen-4-fast", "google/imagen-4", "google/imagen-4-ultra"),
    "openai": ("openai/gpt-image-2",),
    "xai": ("xai/grok-imagine-image", "xai/grok-imagine-image-quality"),
    "recraft": ("recraft/recraft-v4", "recraft/recraft-v3", "recraft/recraft-v4-pro"),
}
TEXT_ONLY = ("imagen", "openai", "xai", "recraft")
ALL = tuple(model for models in FAMILIES.values() for model in models)
