//! A few frames are enough of a server (RFC 9113 sections 4.1 and 6, RFC 7541 appendix A).

use std::io;

use super::{
    server::{Server, Stream},
    setup::{AMPLE, STAGE, ScriptedLookup, client, get, outcome},
    tls::Authority,
};

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

fn answer(stream: &mut dyn Stream, data: &[u8]) -> io::Result<()> {
    stream.read_exact(&mut [0; 24])?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    stream.flush()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        stream.read_exact(&mut vec![0; usize::try_from(length).unwrap()])?;
        if head[3] == HEADERS {
            break;
        }
    }
    stream.write_all(&frame(SETTINGS, 1, 0, &[]))?;
    let status_200 = 0x88;
    stream.write_all(&frame(HEADERS, 4, 1, &[status_200]))?;
    for _ in 0..20 {
        stream.write_all(&frame(0, 0, 1, data))?;
    }
    stream.write_all(&frame(0, 1, 1, &[]))?;
    stream.flush()?;
    super::server::silence(stream)
}

#[tokio::test]
async fn c08_http_2_is_spoken_within_the_same_limits() {
    let authority = Authority::new();
    for (data, expected) in
        [("[]", format!("200 {}", "[]".repeat(20))), (&"x".repeat(60), "TooLarge".to_owned())]
    {
        let mut config = authority.server(&["as.example"]);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let data = data.to_owned();
        let server = Server::bare_tls(config, move |stream| answer(stream, data.as_bytes()));
        let client = client(STAGE, &ScriptedLookup::local(), authority.roots());
        let result = get(&client, &server.url("https", "as.example"), AMPLE).await;
        assert_eq!(outcome(result), expected);
    }
}
