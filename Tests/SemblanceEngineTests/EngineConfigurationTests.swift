import SemblanceCore
import SemblanceEngine
import Testing

@Suite struct EngineConfigurationTests {
    @Test func acceptsItsDefaults() throws {
        try EngineConfiguration().validate()
    }

    @Test(arguments: [
        EngineConfiguration(workerThreadCount: 0), EngineConfiguration(workerThreadCount: 257),
        EngineConfiguration(batchSize: 0), EngineConfiguration(batchSize: 257),
        EngineConfiguration(maximumBatchByteCount: 0), EngineConfiguration(hostPatience: .zero),
        EngineConfiguration(maximumLimit: 0),
        EngineConfiguration(maximumLimit: 1_000_001), EngineConfiguration(maximumWaitingQueryCount: 0),
        EngineConfiguration(searchWorkerCount: 0), EngineConfiguration(searchWorkerCount: -1),
        EngineConfiguration(maximumTermCount: 0), EngineConfiguration(jobRetention: .zero),
        EngineConfiguration(limits: DecodingLimits(maximumPixelCount: 0)), EngineConfiguration(thumbnailSide: 0),
        EngineConfiguration(thumbnailSide: 100_000),
    ])
    func refusesWhatIsOutOfRange(configuration: EngineConfiguration) {
        #expect { try configuration.validate() } throws: { ($0 as? RequestError)?.code == .invalidQuery }
    }
}
