//! HTTP/2 connections that only cost (E45): they end or are served, memory stays bounded, and others are served.

use super::{
    gateway::{BODY, Gateway, HOST, Setup},
    http2_wire::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, Http2, Outcome, PING, RST_STREAM, SETTINGS,
        WINDOW_UPDATE, block, frame,
    },
};

/// How much a flood may add to the resident memory.
const MOST_GROWTH_KIB: u64 = 48 * 1024;

fn head(token: &str) -> Vec<u8> {
    block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", HOST),
        (":path", "/mcp"),
        ("authorization", &format!("Bearer {token}")),
    ])
}

/// Lets `flood` have a connection, and looks at what it left behind. Returns whether the connection was ended.
async fn survives(gateway: &Gateway, flood: Vec<u8>) -> bool {
    gateway.serves().await;
    let before = gateway.memory_kib();
    let ended = Http2::connect(gateway.address).await.flood(flood).await;
    let grown = gateway.memory_kib().saturating_sub(before);
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB more");
    gateway.serves().await;
    ended
}

/// `one` for each of the first streams of a connection.
fn for_streams(count: u32, one: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(|it| one(2 * it + 1)).collect()
}

#[tokio::test]
async fn e45_rapid_reset_ends_or_costs_nothing() {
    let gateway = Gateway::start().await;
    for token in [gateway.token().sign(), "bad".to_owned()] {
        let head = head(&token);
        let flood = for_streams(10_000, |stream| {
            let mut bytes = frame(HEADERS, END_HEADERS | END_STREAM, stream, &head);
            bytes.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
            bytes
        });
        survives(&gateway, flood).await;
    }
}

#[tokio::test]
async fn e45_streams_that_make_us_reset_them_end_the_connection() {
    let gateway = Gateway::start().await;
    let head = head(&gateway.token().sign());
    let flood = for_streams(10_000, |stream| {
        let mut bytes = frame(HEADERS, END_HEADERS, stream, &head);
        // A window of more than 2^31 - 1 bytes: we must reset the stream (RFC 9113 section 6.9.1).
        bytes.extend(frame(WINDOW_UPDATE, 0, stream, &[0x7F, 0xFF, 0xFF, 0xFF]));
        bytes
    });
    assert!(survives(&gateway, flood).await);
}

#[tokio::test]
async fn e45_a_block_without_an_end_ends_the_connection() {
    let gateway = Gateway::start().await;
    let field = block(&[("x", &"a".repeat(16_000))]);
    for (piece, count) in [(field.as_slice(), 2_000), (&[], 200_000), (&[0, 1, b'x', 1, b'y'], 200_000)] {
        let mut flood = frame(HEADERS, 0, 1, &head("bad"));
        for _ in 0..count {
            flood.extend(frame(CONTINUATION, 0, 1, piece));
        }
        assert!(survives(&gateway, flood).await, "{count} frames of {} bytes", piece.len());
    }
}

#[tokio::test]
async fn e45_empty_data_frames_keep_nothing() {
    let gateway = Gateway::start().await;
    for token in [gateway.token().sign(), "bad".to_owned()] {
        let mut flood = frame(HEADERS, END_HEADERS, 1, &head(&token));
        flood.extend(frame(DATA, 0, 1, &[]).repeat(300_000));
        survives(&gateway, flood).await;
    }
}

#[tokio::test]
async fn e45_settings_and_pings_keep_nothing() {
    let gateway = Gateway::start().await;
    survives(&gateway, frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 255, 255]).repeat(200_000)).await;
    survives(&gateway, frame(PING, 0, 0, &[0; 8]).repeat(200_000)).await;
}

#[tokio::test]
async fn e45_a_flood_whose_answers_nobody_reads_is_cut() {
    let gateway = Setup::default().sections("[limits]\nwrite_stall = \"1s\"\n").start().await;
    gateway.serves().await;
    let before = gateway.memory_kib();
    for flood in [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 255, 255])] {
        Http2::connect(gateway.address).await.flood_unread(&flood.repeat(1_000)).await;
    }
    let grown = gateway.memory_kib().saturating_sub(before);
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB more");
    gateway.serves().await;
}

#[tokio::test]
async fn e45_more_streams_than_allowed_are_refused_and_the_rest_is_answered() {
    let gateway = Gateway::start().await;
    let head = head(&gateway.token().sign());
    let mut wire = Http2::connect(gateway.address).await;
    let open = for_streams(129, |stream| frame(HEADERS, END_HEADERS, stream, &head));
    wire.send(&open).await;
    assert_eq!(wire.outcome(2 * 128 + 1).await, Outcome::Reset);
    wire.send(&frame(DATA, END_STREAM, 1, BODY.as_bytes())).await;
    assert_eq!(wire.outcome(1).await, Outcome::Status(200));
}
