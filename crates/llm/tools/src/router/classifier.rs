//! The trained part of the router: softmax regression over the vector of a request and its words.
//!
//! The weights are stored as 8-bit steps with a scale for each class:
//!
//! ```text
//! "LLMOSRT1"  u32 classes  u32 embedding numbers  u32 word features  u32 medoids
//! class:      u8 length, name; f32 bias; f32 scale; i8 weights
//! medoid:     u8 class; u16 length, text; f32 scale; i8 vector
//! ```
//!
//! Numbers are little-endian. Medoids are training requests that stand for many like them.

use super::WORD_FEATURES;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use llm_memory::cosine;

/// What a file of weights begins with.
const MAGIC: &[u8; 8] = b"LLMOSRT1";

/// One class: a tool, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// The tool's name, or [`super::NONE`].
    pub name: String,
    /// What is added to its score.
    pub bias: f32,
    /// What the numbers of a request count, first those of its vector, then those of its words.
    pub weights: Vec<f32>,
}

/// A training request that stands for others like it.
#[derive(Clone, Debug, PartialEq)]
pub struct Medoid {
    /// Index of its class.
    pub class: usize,
    /// The request.
    pub text: String,
    /// Its vector, of length 1 but for the rounding to 8 bits.
    pub vector: Vec<f32>,
}

/// The weights, and the medoids.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    classes: Vec<Class>,
    medoids: Vec<Medoid>,
}

/// Weights that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsError {
    /// The file is of another kind.
    NotWeights,
    /// It ends too early.
    Truncated {
        /// Where, in bytes.
        at: usize,
    },
    /// A number in it cannot be.
    Damaged {
        /// Where, in bytes.
        at: usize,
    },
}

impl fmt::Display for WeightsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWeights => f.write_str("these are no weights of a router"),
            Self::Truncated { at } => write!(f, "the router's weights end at byte {at}"),
            Self::Damaged { at } => write!(f, "the router's weights are damaged at byte {at}"),
        }
    }
}

impl Classifier {
    /// A classifier of these classes.
    pub const fn new(classes: Vec<Class>, medoids: Vec<Medoid>) -> Self {
        Self { classes, medoids }
    }

    /// Reads weights.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
            return Err(WeightsError::NotWeights);
        }
        let [classes, width, words, medoids] =
            [reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?];
        if words as usize != WORD_FEATURES || classes > 256 {
            return Err(WeightsError::Damaged { at: reader.at });
        }
        let class = |reader: &mut Reader<'_>| {
            let len = usize::from(reader.u8()?);
            let name = reader.text(len)?;
            let bias = reader.f32()?;
            let weights = reader.numbers(width as usize + words as usize)?;
            Ok(Class { name, bias, weights })
        };
        let all: Vec<Class> = (0..classes).map(|_| class(&mut reader)).collect::<Result<_, _>>()?;
        let medoid = |reader: &mut Reader<'_>| {
            let class = usize::from(reader.u8()?);
            if class >= all.len() {
                return Err(WeightsError::Damaged { at: reader.at });
            }
            let len = usize::from(reader.u16()?);
            let text = reader.text(len)?;
            Ok(Medoid { class, text, vector: reader.numbers(width as usize)? })
        };
        let medoids = (0..medoids).map(|_| medoid(&mut reader)).collect::<Result<_, _>>()?;
        Ok(Self { classes: all, medoids })
    }

    /// Writes the weights; what is read back differs by the rounding to 8 bits.
    pub fn to_bytes(&self) -> Vec<u8> {
        let width = self.classes.first().map_or(0, |class| class.weights.len() - WORD_FEATURES);
        let mut bytes = MAGIC.to_vec();
        let count = |count: usize| (count as u32).to_le_bytes();
        for number in [self.classes.len(), width, WORD_FEATURES, self.medoids.len()] {
            bytes.extend(count(number));
        }
        for class in &self.classes {
            bytes.push(class.name.len() as u8);
            bytes.extend(class.name.as_bytes());
            bytes.extend(class.bias.to_le_bytes());
            write_numbers(&class.weights, &mut bytes);
        }
        for medoid in &self.medoids {
            bytes.push(medoid.class as u8);
            bytes.extend((medoid.text.len() as u16).to_le_bytes());
            bytes.extend(medoid.text.as_bytes());
            write_numbers(&medoid.vector, &mut bytes);
        }
        bytes
    }

    /// Whether it was trained on requests to this tool.
    pub fn knows(&self, tool: &str) -> bool {
        self.classes.iter().any(|class| class.name == tool)
    }

    /// The training requests that stand for others.
    pub fn medoids(&self) -> &[Medoid] {
        &self.medoids
    }

    /// How likely each class is, for the vector of a request and [`super::word_features`].
    pub fn probabilities(
        &self,
        vector: &[f32],
        words: &[f32],
    ) -> impl ExactSizeIterator<Item = (&str, f32)> {
        let score = |class: &Class| {
            let (of_vector, of_words) = class.weights.split_at(class.weights.len() - words.len());
            class.bias + cosine(of_vector, vector) + cosine(of_words, words)
        };
        let mut scores: Vec<f32> = self.classes.iter().map(score).collect();
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        scores.iter_mut().for_each(|score| *score = libm::expf(*score - highest));
        let sum: f32 = scores.iter().sum();
        self.classes
            .iter()
            .zip(scores)
            .map(move |(class, score)| (class.name.as_str(), score / sum))
    }

    /// The medoid nearest to a vector, and the cosine.
    pub fn nearest(&self, vector: &[f32]) -> Option<(&Medoid, f32)> {
        self.medoids
            .iter()
            .map(|medoid| (medoid, cosine(&medoid.vector, vector)))
            .max_by(|left, right| left.1.total_cmp(&right.1))
    }
}

/// Numbers as 8-bit steps behind the size of a step.
fn write_numbers(numbers: &[f32], bytes: &mut Vec<u8>) {
    let largest = numbers.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    bytes.extend(scale.to_le_bytes());
    bytes.extend(numbers.iter().map(|x| libm::roundf(x / scale) as i8 as u8));
}

/// Reads from bytes that nobody vouches for.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, len: usize) -> Result<&'b [u8], WeightsError> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(WeightsError::Truncated { at: self.bytes.len() })?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WeightsError> {
        Ok(self.take(N)?.try_into().expect("as many as were asked for"))
    }

    fn u8(&mut self) -> Result<u8, WeightsError> {
        Ok(self.array::<1>()?[0])
    }

    fn u16(&mut self) -> Result<u16, WeightsError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, WeightsError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn f32(&mut self) -> Result<f32, WeightsError> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err(WeightsError::Damaged { at: self.at }) }
    }

    fn text(&mut self, len: usize) -> Result<String, WeightsError> {
        let at = self.at;
        let text = core::str::from_utf8(self.take(len)?);
        text.map(ToString::to_string).map_err(|_| WeightsError::Damaged { at })
    }

    fn numbers(&mut self, len: usize) -> Result<Vec<f32>, WeightsError> {
        let scale = self.f32()?;
        Ok(self.take(len)?.iter().map(|step| f32::from(*step as i8) * scale).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn classifier() -> Classifier {
        let class = |name: &str, sign: f32| Class {
            name: name.into(),
            bias: sign / 10.0,
            weights: [sign, -sign].into_iter().chain(vec![0.0; WORD_FEATURES]).collect(),
        };
        let medoid = Medoid { class: 1, text: "Hello!".into(), vector: vec![0.0, 1.0] };
        Classifier::new(vec![class("calc", 2.0), class("none", -2.0)], vec![medoid])
    }

    #[test]
    fn what_is_written_can_be_read() {
        let classifier = classifier();
        let read = Classifier::from_bytes(&classifier.to_bytes()).unwrap();
        assert!(read.knows("calc") && !read.knows("echo"));
        let words = vec![0.0; WORD_FEATURES];
        let probabilities: Vec<_> = read.probabilities(&[1.0, 0.0], &words).collect();
        assert_eq!(probabilities[0].0, "calc");
        assert!(probabilities[0].1 > 0.95, "{probabilities:?}");
        assert_eq!(read.nearest(&[0.1, 0.9]).map(|(medoid, _)| &*medoid.text), Some("Hello!"));
    }

    #[test]
    fn damaged_weights_are_refused() {
        let bytes = classifier().to_bytes();
        assert_eq!(Classifier::from_bytes(b"GGUF"), Err(WeightsError::NotWeights));
        let cut = Classifier::from_bytes(&bytes[..bytes.len() - 1]);
        assert_eq!(cut, Err(WeightsError::Truncated { at: bytes.len() - 1 }));
        let mut other = bytes.clone();
        other[16] ^= 1;
        assert_eq!(Classifier::from_bytes(&other), Err(WeightsError::Damaged { at: 24 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(at in 0_usize..2200, with: u8) {
            let mut bytes = classifier().to_bytes();
            let at = at % bytes.len();
            bytes[at] = with;
            let _ = Classifier::from_bytes(&bytes);
        }
    }
}
