//! Documents at one revision plus observed facts, indexed, immutable; read through a Lens.
