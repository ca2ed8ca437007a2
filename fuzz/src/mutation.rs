//! Inputs made of seeds: the same ones in every run.

/// Endless inputs, each a seed with a few changes.
#[derive(Debug)]
pub struct Mutations<'a> {
    seeds: &'a [Vec<u8>],
    words: &'a [&'a str],
    state: u64,
}

impl<'a> Mutations<'a> {
    /// Changes `seeds`, of which there is at least one, with the help of `words`.
    #[must_use]
    pub const fn of(seeds: &'a [Vec<u8>], words: &'a [&'a str]) -> Self {
        Self { seeds, words, state: 0x9E37_79B9_7F4A_7C15 }
    }

    fn below(&mut self, most: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 11).unwrap_or_default() % most.max(1)
    }

    fn byte(&mut self) -> u8 {
        // Half of them are what texts are made of.
        const USUAL: &[u8] = b"{}[]\":,\\/ \t\r\n.;=%?#-+_~09aZ";
        if self.below(2) == 0 {
            USUAL[self.below(USUAL.len())]
        } else {
            u8::try_from(self.below(256)).unwrap_or_default()
        }
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = at + self.below((input.len() - at).min(16) + 1);
        match self.below(7) {
            0 => {
                let byte = self.byte();
                input.insert(at, byte);
            }
            1 if at < input.len() => input[at] = self.byte(),
            2 => drop(input.drain(at..end)),
            3 => {
                let repeated = input[at..end].to_vec();
                input.splice(at..at, repeated);
            }
            4 | 5 => {
                let word = self.words[self.below(self.words.len())];
                let kept = if self.below(2) == 0 { at } else { end };
                input.splice(at..kept, word.bytes());
            }
            _ => {
                let other = &self.seeds[self.below(self.seeds.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut input = self.seeds[self.below(self.seeds.len())].clone();
        // Few, so that many inputs are still good.
        for _ in 0..[1, 1, 2, 4][self.below(4)] {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        Some(input)
    }
}

/// More finds nothing more, only more slowly.
const LONGEST: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_differ_and_come_again() {
        let seeds = [b"{\"a\":1}".to_vec(), b"[]".to_vec()];
        let inputs: Vec<_> = Mutations::of(&seeds, &["null"]).take(1_000).collect();
        let again: Vec<_> = Mutations::of(&seeds, &["null"]).take(1_000).collect();
        assert_eq!(inputs, again);
        let distinct: std::collections::HashSet<_> = inputs.iter().collect();
        assert!(distinct.len() > 300, "{}", distinct.len());
    }
}
