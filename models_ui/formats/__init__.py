"""How dates are written where a language wants it otherwise: `FORMAT_MODULE_PATH` leads here."""
