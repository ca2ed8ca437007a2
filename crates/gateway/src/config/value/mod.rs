//! The types of single values: text becomes one of them when the file is read, and stays one.

mod allowed_audience;
mod byte_size;
mod endpoint_path;
mod field_name;
mod host_name;
mod method_name;
pub(in crate::config) mod network;
mod password_hash_text;
mod period;
mod public_url;
mod secret_source;
pub(in crate::config) mod socket_address;
pub(in crate::config) mod text;
mod web_origin;

pub use allowed_audience::AllowedAudience;
pub use byte_size::ByteSize;
pub use endpoint_path::{EndpointPath, InvalidEndpointPath};
pub use field_name::FieldName;
pub use host_name::HostName;
pub use method_name::MethodName;
pub use password_hash_text::PasswordHashText;
pub use period::Period;
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use secret_source::SecretSource;
pub use web_origin::WebOrigin;

/// Gives a checked text type what they all have: `Deserialize`, `Serialize`, `Display` and a schema.
macro_rules! text_value {
    ($name:ident, $description:literal) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::config::value::text::one(deserializer)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}
use text_value;
