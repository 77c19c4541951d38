//! The ciphers by themselves: key and sealed bytes in, clear bytes out, or nothing where the key is not the right one.

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{AesGcm, KeyInit};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, StreamCipher};
use hkdf::Hkdf;
use poly1305::Poly1305;
use salsa20::XSalsa20;
use sha2::Sha256;

const BLOCK: usize = 16;
const GCM_NONCE: usize = 12;
const SECRETBOX_NONCE: usize = 24;
const POLY1305_TAG: usize = 16;
const KEY: usize = 32;
const SEED_INFO: usize = 32;

/// AES-CBC: the initialisation vector, then whole blocks padded as PKCS#7 says. A wrong key passes once in 256 times.
pub(super) fn decrypt_aes_cbc(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (vector, text) = sealed.split_at_checked(BLOCK)?;
    match key.len() {
        16 => Decryptor::<Aes128>::new_from_slices(key, vector).ok()?.decrypt_padded_vec::<Pkcs7>(text).ok(),
        24 => Decryptor::<Aes192>::new_from_slices(key, vector).ok()?.decrypt_padded_vec::<Pkcs7>(text).ok(),
        _ => Decryptor::<Aes256>::new_from_slices(key, vector).ok()?.decrypt_padded_vec::<Pkcs7>(text).ok(),
    }
}

/// AES-GCM: the nonce, the text, its tag; the etcd key is authenticated with them.
pub(super) fn decrypt_aes_gcm(key: &[u8], sealed: &[u8], etcd_key: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<GCM_NONCE>()?;
    let payload = Payload { msg: text, aad: etcd_key };
    let nonce = nonce.into();
    match key.len() {
        16 => AesGcm::<Aes128, U12>::new_from_slice(key).ok()?.decrypt(nonce, payload).ok(),
        24 => AesGcm::<Aes192, U12>::new_from_slice(key).ok()?.decrypt(nonce, payload).ok(),
        _ => AesGcm::<Aes256, U12>::new_from_slice(key).ok()?.decrypt(nonce, payload).ok(),
    }
}

/// NaCl's secretbox: a nonce, the tag, the text. The first 32 bytes of XSalsa20's stream are the key of the tag.
pub(super) fn decrypt_secretbox(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(SECRETBOX_NONCE)?;
    let (tag, text) = sealed.split_at_checked(POLY1305_TAG)?;
    let mut stream = XSalsa20::new_from_slices(key, nonce).ok()?;
    let mut tag_key = [0; KEY];
    stream.apply_keystream(&mut tag_key);
    let computed = Poly1305::new(&tag_key.into()).compute_unpadded(text);
    if computed.as_slice() != tag {
        return None;
    }
    let mut clear = text.to_vec();
    stream.apply_keystream(&mut clear);
    Some(clear)
}

/// AES-GCM with a key made from a seed: what makes the key, then as ever. HKDF's expansion alone; the seed is random already.
pub(super) fn decrypt_seeded_gcm(seed: &[u8], sealed: &[u8], etcd_key: &[u8]) -> Option<Vec<u8>> {
    let (info, sealed) = sealed.split_at_checked(SEED_INFO)?;
    let mut key = [0; KEY];
    Hkdf::<Sha256>::from_prk(seed).ok()?.expand(info, &mut key).ok()?;
    decrypt_aes_gcm(&key, sealed, etcd_key)
}
