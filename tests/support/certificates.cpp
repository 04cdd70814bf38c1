// SPDX-License-Identifier: MIT
#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <atomic>
#include <stdexcept>

namespace test {

namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Paper = std::unique_ptr<X509, Freer<X509_free>>;
using Output = std::unique_ptr<BIO, Freer<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

constexpr long day = 24 * 60 * 60;

void require(bool good, char const* what) {
    if (!good) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

Key new_key() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "no key");
    return key;
}

void extend(X509* paper, X509* issuer, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, paper, nullptr, nullptr, 0);
    Extension const extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension && X509_add_ext(paper, extension.get(), -1) == 1, value.c_str());
}

/// Without an issuer it signs itself.
Paper new_paper(std::string const& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, bool authority,
                Authority::Age age) {
    static std::atomic<long> serial = 1;
    Paper paper(X509_new());
    require(paper != nullptr, "no certificate");
    bool const expired = age == Authority::Age::expired;
    X509_set_version(paper.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(paper.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(paper.get()), expired ? -30 * day : -day);
    X509_gmtime_adj(X509_getm_notAfter(paper.get()), expired ? -day : 30 * day);
    X509_set_pubkey(paper.get(), key);
    X509_NAME* const subject = X509_get_subject_name(paper.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(paper.get(), issuer ? X509_get_subject_name(issuer) : subject);
    X509* const signer = issuer ? issuer : paper.get();
    extend(paper.get(), signer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(paper.get(), signer, NID_subject_key_identifier, "hash");
    if (authority) extend(paper.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (!authority) {
        extend(paper.get(), signer, NID_key_usage, "critical,digitalSignature");
        extend(paper.get(), signer, NID_ext_key_usage, "serverAuth,clientAuth");
        extend(paper.get(), signer, NID_subject_alt_name, "DNS:" + name);
    }
    require(X509_sign(paper.get(), issuer_key ? issuer_key : key, EVP_sha256()) > 0, "not signed");
    return paper;
}

void save(std::filesystem::path const& path, X509* paper) {
    Output const file(BIO_new_file(path.c_str(), "w"));
    require(file && PEM_write_bio_X509(file.get(), paper) == 1, path.c_str());
}

Certificate save(TempFolder const& folder, std::string const& name, X509* paper, EVP_PKEY* key) {
    static std::atomic<int> number = 0;
    std::string const stem = name + "." + std::to_string(++number);
    Certificate const files{folder / (stem + ".pem"), folder / (stem + ".key")};
    save(files.certificate, paper);
    Output const file(BIO_new_file(files.key.c_str(), "w"));
    require(file && PEM_write_bio_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
            files.key.c_str());
    return files;
}

}  // namespace

struct Authority::Keys {
    Key key = new_key();
    Paper paper = new_paper("test authority", key.get(), nullptr, nullptr, true, Age::valid);
};

Authority::Authority(TempFolder const& folder)
    : folder_(folder), keys_(std::make_unique<Keys>()), ca_file_(folder / "ca.pem") {
    save(ca_file_, keys_->paper.get());
}

Authority::~Authority() = default;

Certificate Authority::issue(std::string const& name, Age age) const {
    auto const key = new_key();
    auto const paper = new_paper(name, key.get(), keys_->paper.get(), keys_->key.get(), false, age);
    return save(folder_, name, paper.get(), key.get());
}

Certificate Authority::self_signed(std::string const& name) const {
    auto const key = new_key();
    auto const paper = new_paper(name, key.get(), nullptr, nullptr, false, Age::valid);
    return save(folder_, name, paper.get(), key.get());
}

}  // namespace test
