use proptest::prelude::*;

use super::*;

#[test]
fn values_are_aligned_to_their_size() {
    let mut writer = Writer::new();
    writer.octets(&[1]);
    writer.u16(0x0302);
    writer.octets(&[4]);
    writer.u32(0x0807_0605);
    let octets = writer.into_octets();
    assert_eq!(octets, [1, 0, 2, 3, 4, 0, 0, 0, 5, 6, 7, 8]);
    let mut reader = Reader::new(&octets);
    assert_eq!(reader.u8(), Ok(1));
    assert_eq!(reader.u16(), Ok(0x0302));
    assert_eq!(reader.u8(), Ok(4));
    assert_eq!(reader.u32(), Ok(0x0807_0605));
    assert_eq!(
        reader.u8().unwrap_err().to_string(),
        "the data ends early at octet 12"
    );
}

#[test]
fn lengths_that_contradict_each_other_are_refused() {
    let varying = |maximum: u8, offset: u8, actual: u8| {
        let octets = [maximum, 0, 0, 0, offset, 0, 0, 0, actual, 0, 0, 0];
        Reader::new(&octets).varying()
    };
    assert_eq!(varying(3, 0, 2), Ok((3, 2)));
    assert!(varying(3, 0, 4).is_err());
    assert!(varying(3, 1, 2).is_err());
    assert!(Reader::new(&[2, 0, 0, 0]).conformant(3).is_err());
}

#[test]
fn a_count_is_not_believed_before_the_octets_are_there() {
    let huge = [0xff; 12];
    let mut reader = Reader::new(&huge);
    let text = reader.text().unwrap();
    assert!(reader.unicode(text).is_err());

    let mut writer = Writer::new();
    writer.text(&[b'a'; 8]);
    writer.count(4);
    writer.count(0);
    writer.count(4);
    writer.octets(&[b'a'; 6]);
    let octets = writer.into_octets();
    let mut reader = Reader::new(&octets);
    let text = reader.text().unwrap();
    assert_eq!(reader.unicode(text).unwrap_err().what, "the data ends early");
}

#[test]
fn a_string_without_a_pointer_is_empty() {
    let mut reader = Reader::new(&[0; 8]);
    let text = reader.text().unwrap();
    assert_eq!(reader.unicode(text).as_deref(), Ok(""));

    let mut reader = Reader::new(&[2, 0, 2, 0, 0, 0, 0, 0]);
    let text = reader.text().unwrap();
    assert!(reader.unicode(text).is_err());
}

#[test]
fn a_string_has_the_announced_length() {
    let mut octets = vec![4, 0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    octets.extend(utf16("ab"));
    let mut reader = Reader::new(&octets);
    let text = reader.text().unwrap();
    let error = reader.unicode(text).unwrap_err();
    assert_eq!(error.what, "a string has not the announced length");
}

proptest! {
    #[test]
    fn what_is_written_is_read(texts in proptest::collection::vec(".{0,20}", 0..5), number: u32) {
        let mut writer = Writer::new();
        let units: Vec<_> = texts.iter().map(|text| utf16(text)).collect();
        units.iter().for_each(|units| writer.text(units));
        units.iter().for_each(|units| writer.counted(units, 2));
        writer.u32(number);
        let octets = writer.into_octets();

        let mut reader = Reader::new(&octets);
        let halves: Vec<_> = texts.iter().map(|_| reader.text().unwrap()).collect();
        for (text, half) in texts.iter().zip(halves) {
            prop_assert_eq!(&reader.unicode(half).unwrap(), text);
        }
        prop_assert_eq!(reader.u32(), Ok(number));
    }
}
