"""The studio as its database shows it: counts, ages and names of kinds, nobody's."""
