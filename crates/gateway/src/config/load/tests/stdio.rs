//! Programs of upstreams, which run as the gateway's own user.

use super::{CONFIGURATION, Folder};

const KEY: &str = "server[0].upstream.stdio";
const REFUSED: &str = "may be changed by everybody: run `chmod o-w` on it";

/// A folder whose server is the program `bin/server`, with these modes of the program and of its folder.
fn with_modes(program: u32, bin: u32) -> Folder {
    let folder = Folder::new();
    let (server, rest) = CONFIGURATION.split_once("upstream = ").unwrap();
    let (_, rest) = rest.split_once("[outbound]").unwrap();
    folder.write(
        "gateway.toml",
        &format!("{server}upstream = {{ stdio = [\"bin/server\"] }}\n[outbound]{rest}"),
    );
    std::fs::create_dir(folder.folder.path().join("bin")).unwrap();
    folder.write("bin/server", "#!/bin/sh\n");
    folder.mode("bin/server", program);
    folder.mode("bin", bin);
    folder
}

#[test]
fn o16_a_program_that_others_may_change_is_refused() {
    for mode in [0o755, 0o555, 0o711, 0o775] {
        with_modes(mode, 0o755).accepts();
    }
    for mode in [0o757, 0o777, 0o713, 0o1777] {
        with_modes(mode, 0o755).refuses(KEY, REFUSED);
    }
    with_modes(0o644, 0o755).refuses(KEY, "is no program that can be run");
}

#[test]
fn o16_a_program_in_a_folder_that_others_may_change_is_refused() {
    for mode in [0o755, 0o775, 0o1777] {
        with_modes(0o755, mode).accepts();
    }
    for mode in [0o757, 0o777] {
        with_modes(0o755, mode).refuses(KEY, REFUSED);
    }
}

#[test]
fn o16_a_link_is_judged_by_the_program_that_it_leads_to() {
    for (mode, is_refused) in [(0o755, false), (0o757, true)] {
        let folder = with_modes(0o755, 0o755);
        let root = folder.folder.path();
        std::fs::rename(root.join("bin/server"), root.join("real")).unwrap();
        std::os::unix::fs::symlink("../real", root.join("bin/server")).unwrap();
        folder.mode("real", mode);
        if is_refused {
            folder.refuses(KEY, REFUSED);
        } else {
            folder.accepts();
        }
    }
}
