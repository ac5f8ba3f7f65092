//! Scores of texts for a query: BM25F over all words of a text, and the similarity of short texts.

use super::words::Word;

/// How fast further occurrences of a word stop counting, and how much long texts are discounted.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.35;

/// By word: the texts that have it, with its weight there.
pub(super) struct Postings {
    of_word: Vec<Vec<(u32, f32)>>,
    /// How rare each word is.
    rarity: Vec<f32>,
    /// The sum of the weights of each text.
    lengths: Vec<f32>,
    mean_length: f32,
    /// The sum of what the words of each text are worth, for [`Postings::similarities`].
    sizes: Vec<f32>,
}

impl Postings {
    pub(super) fn new(texts: &[Vec<(Word, f32)>]) -> Self {
        let words = texts.iter().flatten().map(|(word, _)| word.index() + 1).max().unwrap_or_default();
        let mut of_word: Vec<Vec<(u32, f32)>> = vec![Vec::new(); words];
        for (text, at) in texts.iter().zip(0_u32..) {
            for (word, weight) in text {
                let postings = &mut of_word[word.index()];
                match postings.last_mut() {
                    Some((last, sum)) if *last == at => *sum += weight,
                    _ => postings.push((at, *weight)),
                }
            }
        }
        let lengths: Vec<f32> = texts.iter().map(|text| text.iter().map(|(_, weight)| weight).sum()).collect();
        let count = length(texts.len());
        let mean_length = lengths.iter().sum::<f32>() / count.max(1.0);
        let rarity =
            of_word.iter().map(|texts| (1.0 + (count - length(texts.len()) + 0.5) / (length(texts.len()) + 0.5)).ln());
        Self { rarity: rarity.collect(), of_word, lengths, mean_length, sizes: Vec::new() }
    }

    /// The same, with words as rare as in other texts.
    pub(super) fn with_sizes(mut self, others: &Self) -> Self {
        self.rarity.clone_from(&others.rarity);
        self.sizes = vec![0.0; self.lengths.len()];
        for (postings, rarity) in self.of_word.iter().zip(&self.rarity) {
            for (text, _) in postings {
                if let Ok(text) = usize::try_from(*text) {
                    self.sizes[text] += rarity.powi(2);
                }
            }
        }
        self
    }

    /// The BM25F score of each text.
    pub(super) fn bm25(&self, query: &[(Word, f32)], texts: usize) -> Vec<f32> {
        let mut scores = vec![0.0; texts];
        for (word, weight) in query {
            let Some(postings) = self.of_word.get(word.index()) else { continue };
            for (text, count) in postings {
                let Ok(text) = usize::try_from(*text) else { continue };
                let discount = 1.0 - LENGTH + LENGTH * self.lengths[text] / self.mean_length;
                let saturated = count * (SATURATION + 1.0) / (count + SATURATION * discount);
                scores[text] += weight * self.rarity[word.index()] * saturated;
            }
        }
        scores
    }

    /// Whether a text has a word.
    pub(super) fn has(&self, word: Word, text: usize) -> bool {
        let postings = self.of_word.get(word.index()).map(Vec::as_slice).unwrap_or_default();
        u32::try_from(text).is_ok_and(|text| postings.binary_search_by_key(&text, |(at, _)| *at).is_ok())
    }

    /// The similarity of each text with the query, from 0 to 1, after [`Self::with_sizes`].
    pub(super) fn similarities(&self, query: &[(Word, f32)]) -> Vec<f32> {
        let worth = |word: usize| self.rarity.get(word).copied().unwrap_or(1.0).powi(2);
        let whole: f32 = query.iter().map(|(word, weight)| weight * worth(word.index())).sum();
        let mut common = vec![0.0_f32; self.lengths.len()];
        for (word, weight) in query {
            for (text, _) in self.of_word.get(word.index()).into_iter().flatten() {
                if let Ok(text) = usize::try_from(*text) {
                    common[text] += weight * worth(word.index());
                }
            }
        }
        common
            .iter()
            .zip(&self.sizes)
            .map(|(common, size)| if *common > 0.0 { common / (whole * size).sqrt() } else { 0.0 })
            .collect()
    }
}

/// A number of texts as a real number: there are some thousands.
fn length(count: usize) -> f32 {
    u16::try_from(count).map_or(f32::from(u16::MAX), f32::from)
}
