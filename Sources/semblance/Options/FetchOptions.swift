import ArgumentParser
import SemblanceFetch

/// Where images may be fetched from by URL: options of commands that do.
struct FetchOptions: ParsableArguments {
    @Flag(name: .customLong("allow-private-urls"), help: "Let uploads by URL reach private and loopback addresses.")
    var allowsPrivateURLs = false

    @Option(
        name: .customLong("allow-network"),
        help: ArgumentHelp(
            "A private range that uploads by URL may reach, such as 10.1.0.0/16; repeatable.", valueName: "cidr"),
        transform: Parsed.network)
    var allowedNetworks: [IPNetwork] = []

    var configuration: FetchConfiguration {
        var configuration = FetchConfiguration()
        configuration.allowsPrivateAddresses = allowsPrivateURLs
        configuration.allowedNetworks = allowedNetworks
        return configuration
    }
}
