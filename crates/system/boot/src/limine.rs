//! The Limine boot protocol, seen from the boot loader: requests found in a kernel image, responses
//! written for them.
//!
//! Numbers and layouts: the Limine boot protocol, base revisions 0 to 2.

use crate::PAGE_BYTES;
use crate::bytes::{array_at, u64_at};

/// The newest base revision that is answered.
pub const BASE_REVISION: u64 = 2;
/// Stack for the kernel, and for each CPU, when no request asks for more. In bytes.
pub const MIN_STACK_BYTES: u64 = 64 << 10;

const BASE_REVISION_MAGIC: [u64; 2] = [0xf956_2b2d_5c95_a6c8, 0x6a7b_3849_4453_6bdc];
const REQUEST_MAGIC: [u64; 2] = [0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b];
/// Offset of the response pointer in a request.
const RESPONSE_OFFSET: usize = 40;
/// Offset of the first field that belongs to one kind of request.
const PARAMETER_OFFSET: usize = 48;

/// Something the kernel asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Name and version of the boot loader.
    BootloaderInfo,
    /// BIOS or UEFI.
    FirmwareType,
    /// A stack of at least so many bytes.
    StackSize(u64),
    /// Where physical memory is mapped.
    Hhdm,
    /// Pictures.
    Framebuffer,
    /// Four-level paging, whatever was asked for: it is the only mode we have.
    PagingMode,
    /// The other CPUs.
    Cpus,
    /// The memory map.
    MemoryMap,
    /// Another entry point.
    EntryPoint(u64),
    /// The kernel's own file.
    ExecutableFile,
    /// Other files.
    Modules,
    /// The ACPI root pointer.
    Rsdp,
    /// Where the kernel lies.
    ExecutableAddress,
    /// The kernel's command line.
    ExecutableCommandLine,
}

/// A request and where its response pointer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub feature: Feature,
    /// Offset of the response pointer in the image.
    pub response_offset: usize,
}

/// More requests than any kernel makes; later ones are left unanswered.
const MAX_REQUESTS: usize = 32;

/// The requests of one kernel.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    list: [Option<Request>; MAX_REQUESTS],
}

impl Requests {
    /// The requests in `image`.
    pub fn find(image: &[u8]) -> Self {
        let mut requests = Self::default();
        for (slot, request) in requests.list.iter_mut().zip(find_requests(image)) {
            *slot = Some(request);
        }
        requests
    }

    /// The requests, in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = Request> {
        self.list.iter().flatten().copied()
    }

    /// The stack that each CPU gets, in bytes: whole pages, at least [`MIN_STACK_BYTES`].
    pub fn stack_bytes(&self) -> u64 {
        let asked = self.iter().filter_map(|request| match request.feature {
            Feature::StackSize(bytes) => bytes.checked_next_multiple_of(PAGE_BYTES),
            _ => None,
        });
        asked.fold(MIN_STACK_BYTES, u64::max)
    }

    /// The entry point that replaces the one of the ELF file, if any.
    pub fn entry(&self) -> Option<u64> {
        self.iter().find_map(|request| match request.feature {
            Feature::EntryPoint(entry) => Some(entry),
            _ => None,
        })
    }
}

/// The requests in `image`, in order. Unknown ones are left unanswered, as the protocol wants it.
fn find_requests(image: &[u8]) -> impl Iterator<Item = Request> {
    aligned_offsets(image).filter_map(|offset| {
        if magic_at(image, offset)? != REQUEST_MAGIC {
            return None;
        }
        let parameter = || u64_at(image, offset + PARAMETER_OFFSET);
        let feature = match magic_at(image, offset + 16)? {
            [0xf550_38d8_e2a1_202f, 0x2794_26fc_f5f5_9740] => Feature::BootloaderInfo,
            [0x8c2f_75d9_0bef_28a8, 0x7045_a468_8eac_00c3] => Feature::FirmwareType,
            [0x224e_f046_0a8e_8926, 0xe1cb_0fc2_5f46_ea3d] => Feature::StackSize(parameter()?),
            [0x48dc_f1cb_8ad2_b852, 0x6398_4e95_9a98_244b] => Feature::Hhdm,
            [0x9d58_27dc_d881_dd75, 0xa314_8604_f6fa_b11b] => Feature::Framebuffer,
            [0x95c1_a0ed_ab09_44cb, 0xa4e5_cb38_42f7_488a] => Feature::PagingMode,
            [0x95a6_7b81_9a1b_857e, 0xa0b6_1b72_3b6a_73e0] => Feature::Cpus,
            [0x67cf_3d9d_378a_806f, 0xe304_acdf_c50c_3c62] => Feature::MemoryMap,
            [0x13d8_6c03_5a1c_d3e1, 0x2b0c_aa89_d8f3_026a] => Feature::EntryPoint(parameter()?),
            [0xad97_e90e_83f1_ed67, 0x31eb_5d1c_5ff2_3b69] => Feature::ExecutableFile,
            [0x3e7e_2797_02be_32af, 0xca1c_4f3b_d128_0cee] => Feature::Modules,
            [0xc5e7_7b6b_397e_7b43, 0x2763_7845_accd_cf3c] => Feature::Rsdp,
            [0x71ba_7686_3cc5_5f63, 0xb264_4a48_c516_a487] => Feature::ExecutableAddress,
            [0x4b16_1536_e598_651e, 0xb390_ad4a_2f1f_303a] => Feature::ExecutableCommandLine,
            _ => return None,
        };
        array_at::<8>(image, offset + RESPONSE_OFFSET)?;
        Some(Request { feature, response_offset: offset + RESPONSE_OFFSET })
    })
}

/// Tells the kernel that its base revision is answered, if it is. Returns the revision it asked for.
pub fn acknowledge_base_revision(image: &mut [u8]) -> Option<u64> {
    let offset = aligned_offsets(image)
        .find(|offset| magic_at(image, *offset) == Some(BASE_REVISION_MAGIC))?;
    let revision = u64_at(image, offset + 16)?;
    if revision <= BASE_REVISION {
        image[offset + 16..offset + 24].fill(0);
    }
    Some(revision)
}

fn aligned_offsets(image: &[u8]) -> impl Iterator<Item = usize> + use<> {
    (0..image.len()).step_by(8)
}

fn magic_at(image: &[u8], offset: usize) -> Option<[u64; 2]> {
    Some([u64_at(image, offset)?, u64_at(image, offset + 8)?])
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn image(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    const STACK_SIZE: [u64; 7] = [
        REQUEST_MAGIC[0],
        REQUEST_MAGIC[1],
        0x224e_f046_0a8e_8926,
        0xe1cb_0fc2_5f46_ea3d,
        0,
        0,
        0x4_0000,
    ];

    #[test]
    fn finds_requests_between_other_data() {
        let mut words = [1, 2, 3].to_vec();
        words.extend(STACK_SIZE);
        words.extend([REQUEST_MAGIC[0], 7, REQUEST_MAGIC[0], REQUEST_MAGIC[1], 1, 2, 0, 0]);
        let found: Vec<_> = Requests::find(&image(&words)).iter().collect();
        let request = Request { feature: Feature::StackSize(0x4_0000), response_offset: 24 + 40 };
        assert_eq!(found, [request]);
    }

    #[test]
    fn the_stack_is_whole_pages_and_never_below_the_minimum() {
        let with_stack = |bytes| {
            let mut words = STACK_SIZE;
            words[6] = bytes;
            Requests::find(&image(&words)).stack_bytes()
        };
        assert_eq!(with_stack(0x4_0001), 0x4_1000);
        assert_eq!(with_stack(1), MIN_STACK_BYTES);
        assert_eq!(with_stack(u64::MAX), MIN_STACK_BYTES);
        assert_eq!(Requests::default().stack_bytes(), MIN_STACK_BYTES);
    }

    #[test]
    fn a_request_cut_off_by_the_end_is_none() {
        let whole = image(&STACK_SIZE);
        for len in 0..whole.len() {
            assert_eq!(find_requests(&whole[..len]).count(), 0, "{len} bytes");
        }
    }

    #[test]
    fn acknowledges_the_revisions_it_knows() {
        let tag = |revision| image(&[9, BASE_REVISION_MAGIC[0], BASE_REVISION_MAGIC[1], revision]);
        let mut known = tag(2);
        assert_eq!(acknowledge_base_revision(&mut known), Some(2));
        assert_eq!(known, tag(0));
        let mut newer = tag(3);
        assert_eq!(acknowledge_base_revision(&mut newer), Some(3));
        assert_eq!(newer, tag(3));
        assert_eq!(acknowledge_base_revision(&mut image(&[1, 2, 3])), None);
    }
}
