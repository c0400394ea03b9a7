//! The protocol: subscriptions, both dialects, order, streams, cache, events.
