"""The Huepoint app. Importing it switches off everything in Gradio that talks to other hosts; that must happen before
Gradio is imported.
"""

import os

# version check and telemetry; Gradio takes anything but "True" for off
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
