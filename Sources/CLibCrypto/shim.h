// OpenSSL's libcrypto: SHA-256 with the processor's own instructions.
#include <openssl/evp.h>
#include <openssl/rand.h>

// EVP_sha256() and friends are plain functions; EVP_MD_CTX_new is one too since OpenSSL 1.1.
