use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A file that makes room for itself: at its largest size it becomes `NAME.1`, `NAME.1` becomes `NAME.2`, and so on.
///
/// It is made for its owner alone. What is no regular file, such as a pipe, is written to and never renamed.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    is_regular: bool,
    most: u64,
    keep: u32,
    /// At which size to make room.
    turn_at: u64,
    /// A part of a line that failed may be there still.
    torn: bool,
}

impl RotatingFile {
    /// Opens `path` for what comes next: at most `most` bytes, beside `keep` older files.
    pub(super) fn open(path: &Path, most: u64, keep: u32) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let is_regular = metadata.is_file();
        let size = if is_regular { metadata.len() } else { 0 };
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            is_regular,
            most,
            keep,
            turn_at: most,
            torn: !is_regular,
        })
    }

    /// Writes all of `line`, or nothing of it as far as the file allows to take it back.
    pub(super) fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        if self.is_regular && self.size > 0 && self.size + length > self.turn_at {
            self.make_room();
        }
        if let Err(error) = self.file.write_all(line) {
            self.torn = !self.is_regular || self.file.set_len(self.size).is_err();
            return Err(error);
        }
        self.size += length;
        Ok(())
    }

    /// Whether a part of a line that failed may be there still.
    pub(super) const fn may_be_torn(&self) -> bool {
        self.torn
    }

    /// Starts an empty file; if that fails, the present one goes on growing until the next attempt.
    fn make_room(&mut self) {
        match self.turn() {
            Ok(()) => {}
            Err(error) => {
                self.turn_at = self.size + self.most;
                tracing::error!(file = %self.path.display(), %error, "the audit cannot be rotated and grows");
            }
        }
    }

    fn turn(&mut self) -> io::Result<()> {
        for number in (1..self.keep).rev() {
            match std::fs::rename(self.older(number), self.older(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.older(1))?;
        *self = Self::open(&self.path, self.most, self.keep)?;
        Ok(())
    }

    fn older(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{number}"));
        name.into()
    }
}
