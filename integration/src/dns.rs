//! A name server that takes its time: what makes a cluster warm slowly.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{net::UdpSocket, task::JoinHandle};

/// Answers every query for an IPv4 address with 127.0.0.1, and every other with no record.
#[derive(Debug)]
pub struct SlowDns {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// Bytes of a DNS message before its first question.
const HEADER: usize = 12;

impl SlowDns {
    /// Starts one that waits `delay` before each answer.
    ///
    /// # Panics
    /// When no UDP port can be had.
    pub async fn start(delay: Duration) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0))
            .await
            .expect("a UDP port is free");
        let address = socket.local_addr().expect("a bound socket has an address");
        let serving = tokio::spawn(serve(Arc::new(socket), delay));
        Self { address, serving }
    }

    /// What makes an Envoy ask it: for [`Envoy::start_with`](crate::envoy::Envoy::start_with).
    #[must_use]
    pub fn overlay(&self) -> Value {
        json!({"typed_dns_resolver_config": {
            "name": "envoy.network.dns_resolver.cares",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
                "resolvers": [{"socket_address": {
                    "protocol": "UDP", "address": "127.0.0.1", "port_value": self.address.port(),
                }}],
                "dns_resolver_options": {"no_default_search_domain": true},
            },
        }})
    }
}

impl Drop for SlowDns {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(socket: Arc<UdpSocket>, delay: Duration) {
    let mut buffer = [0; 512];
    while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
        let Some(answer) = answer(&buffer[..length]) else {
            continue;
        };
        let socket = Arc::clone(&socket);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            socket.send_to(&answer, client).await.ok();
        });
    }
}

/// The answer to one question; `None` when it is not one.
fn answer(query: &[u8]) -> Option<Vec<u8>> {
    let mut end = HEADER;
    while *query.get(end)? != 0 {
        end += usize::from(query[end]) + 1;
    }
    let kind = query.get(end + 1..end + 3)?;
    let question = query.get(HEADER..end + 5)?;
    let found = kind == [0, 1];
    // Response, recursion available; one question; one answer or none.
    let counts = [0, 1, 0, u8::from(found), 0, 0, 0, 0];
    let mut message = [query.get(..2)?, &[0x81, 0x80], &counts, question].concat();
    if found {
        // The name of the question, an address of the Internet, for a second, four bytes.
        message.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_for_an_address_gets_one_and_others_get_none() {
        let query = |kind: u8| {
            [
                b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04slow\x04test\x00\x00"
                    .as_slice(),
                &[kind, 0, 1],
            ]
            .concat()
        };
        let address = answer(&query(1)).unwrap();
        assert_eq!((&address[..2], address[7]), (b"\x12\x34".as_slice(), 1));
        assert!(address.ends_with(&[127, 0, 0, 1]));
        assert_eq!(answer(&query(28)).unwrap()[7], 0);
        assert_eq!(answer(b"short"), None);
    }
}
