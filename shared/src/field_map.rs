//! A map from fields to values. There are few fields, so it is an array; in the browser it costs
//! a tenth of the code of a tree or a hash table.

use crate::Field;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// Values by field, in the order of the record. In JSON it is an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMap<T>([Option<T>; Field::ALL.len()]);

impl<T> Default for FieldMap<T> {
    fn default() -> Self {
        Self([const { None }; Field::ALL.len()])
    }
}

impl<T> FieldMap<T> {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&T> {
        self.0[field as usize].as_ref()
    }

    /// Sets the value of a field.
    pub fn insert(&mut self, field: Field, value: T) {
        self.0[field as usize] = Some(value);
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: Field) {
        self.0[field as usize] = None;
    }

    /// The fields that have a value, with it.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &T)> {
        Field::ALL.into_iter().filter_map(|field| Some((field, self.get(field)?)))
    }
}

impl<T> FromIterator<(Field, T)> for FieldMap<T> {
    fn from_iter<I: IntoIterator<Item = (Field, T)>>(values: I) -> Self {
        let mut map = Self::default();
        for (field, value) in values {
            map.insert(field, value);
        }
        map
    }
}

impl<T: Serialize> Serialize for FieldMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FieldMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = FieldMap<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<FieldMap<T>, A::Error> {
                let mut map = FieldMap::default();
                while let Some((field, value)) = entries.next_entry()? {
                    map.insert(field, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(Object(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_own_place() {
        for (place, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field as usize, place);
        }
    }

    #[test]
    fn it_is_an_object_in_json() {
        let mut map: FieldMap<u8> = [(Field::Token, 2), (Field::Name, 1)].into_iter().collect();
        let json = serde_json::to_string(&map).expect("it is numbers");
        assert_eq!(json, r#"{"Name":1,"Token":2}"#);
        assert_eq!(serde_json::from_str::<FieldMap<u8>>(&json).expect("it was just written"), map);
        map.remove(Field::Name);
        assert_eq!(map.iter().collect::<Vec<_>>(), [(Field::Token, &2)]);
    }
}
