mod assertions;
mod grants;
mod liveness;
mod sessions;
mod standing;
