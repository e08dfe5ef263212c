import Foundation
import SemblanceVision

/// Where the weights are, as `scripts/bench.sh` says.
var cacheFolder: String {
    ProcessInfo.processInfo.environment["SEMBLANCE_CACHE"] ?? NSHomeDirectory() + "/.cache/semblance"
}

/// The built-in models.
func benchModels() throws -> ModelRegistry {
    try ModelRegistry(configuration: ModelRegistry.Configuration(cacheFolder: cacheFolder))
}
