"""What a protocol may ask: of these keys one that extends no other must have at least one."""

ASKS = ("constraints", "plan_checks", "structure_checks", "image_checks", "attest", "plugin_checks")
