//! Units: one pure function each, from the view to one typed Envoy resource.
