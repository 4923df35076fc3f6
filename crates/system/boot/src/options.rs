//! The loader's own command line: `-append` under QEMU, words after `multiboot2` in GRUB.

/// Picture size to program on a Bochs display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoMode {
    /// Pixels in a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// 24 or 32.
    pub bits_per_pixel: u8,
}

impl VideoMode {
    /// What a bare `fb` means.
    pub const DEFAULT: Self = Self { width: 1280, height: 800, bits_per_pixel: 32 };

    /// Reads `1280x800` or `1280x800x24`.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut numbers = core::str::from_utf8(text).ok()?.split('x');
        let width = numbers.next()?.parse().ok().filter(|width| (320..=7680).contains(width))?;
        let height = numbers.next()?.parse().ok().filter(|height| (200..=4320).contains(height))?;
        let bits_per_pixel = match numbers.next() {
            None | Some("32") => 32,
            Some("24") => 24,
            Some(_) => return None,
        };
        numbers.next().is_none().then_some(Self { width, height, bits_per_pixel })
    }
}

/// What the words ask for. Words that the loader does not know belong to somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `fb` or `fb=WxH[xBITS]`: program the display when nobody did before.
    pub video: Option<VideoMode>,
}

impl Options {
    /// Reads a command line. A size that makes no sense counts as a bare `fb`.
    pub fn parse(command_line: &[u8]) -> Self {
        let mut options = Self::default();
        for word in command_line.split(u8::is_ascii_whitespace) {
            if word == b"fb" {
                options.video = Some(VideoMode::DEFAULT);
            } else if let Some(size) = word.strip_prefix(b"fb=") {
                options.video = Some(VideoMode::parse(size).unwrap_or(VideoMode::DEFAULT));
            }
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fb_asks_for_a_picture_of_the_given_size() {
        let mode = |text| Options::parse(text).video;
        assert_eq!(mode(b"/tmp/loader"), None);
        assert_eq!(mode(b"/tmp/fb.elf quiet"), None);
        assert_eq!(mode(b"/tmp/loader fb"), Some(VideoMode::DEFAULT));
        assert_eq!(
            mode(b"fb=800x600x24"),
            Some(VideoMode { width: 800, height: 600, bits_per_pixel: 24 })
        );
    }

    #[test]
    fn a_senseless_size_still_gives_a_picture() {
        for text in ["fb=", "fb=0x0", "fb=1280x800x15", "fb=1280x800x32x1", "fb=99999x1"] {
            assert_eq!(Options::parse(text.as_bytes()).video, Some(VideoMode::DEFAULT), "{text}");
        }
    }
}
