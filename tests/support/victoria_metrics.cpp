// SPDX-License-Identifier: MIT
#include "victoria_metrics.hpp"

#include "eventually.hpp"
#include "http_get.hpp"

#include <stdexcept>

namespace test {

VictoriaMetrics::VictoriaMetrics(TempFolder const& folder) : folder_(folder) { start(); }

void VictoriaMetrics::start() {
    process_.reset();
    process_.emplace(folder_, Process::Plan{"/usr/bin/victoria-metrics",
                                            {"-storageDataPath=" + (folder_ / "victoria-metrics").string(),
                                             "-httpListenAddr=" + port_.address(), "-retentionPeriod=100y",
                                             "-dedup.minScrapeInterval=1ms"}});
    bool const answers = eventually([this] {
        if (!process_->running()) throw std::runtime_error("victoria-metrics ended: " + process_->errors());
        return http_get(port(), "/health").status == 200;
    });
    if (!answers) throw std::runtime_error("victoria-metrics does not answer: " + process_->errors());
}

std::string VictoriaMetrics::write_url() const {
    return "http://" + port_.address() + "/api/v2/write?org=o&bucket=b";
}

std::string VictoriaMetrics::everything() const {
    return http_get(port(), "/api/v1/export?match[]=%7B__name__!=%22%22%7D").body;
}

}  // namespace test
