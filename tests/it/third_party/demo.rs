//! The demo of the whole product.

use std::process::Command;

#[test]
fn the_demo_walks_through_its_own_flow() {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-gateway")).args(["demo", "--once"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for word in ["refresh", "revo"] {
        assert!(text.contains(word), "{text}");
    }
    assert!(!text.contains("FAIL"), "{text}");
}
