using Cairn.Protos.Workers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Frontend.Gateway;

/// <summary>What frontends are told about the engine, and what they may.</summary>
public sealed record FrontendSettings
{
    /// <summary>Who does the work: id, labels and platforms; the first is asked first.</summary>
    public IReadOnlyList<WorkerRecord> Workers { get; init; } = [];

    /// <summary>Repositories that frontend images may come from; null allows all.</summary>
    public IReadOnlyList<string>? AllowedSources { get; init; }

    /// <summary>Name of the product that the engine is part of; may be empty.</summary>
    public string ExportedProduct { get; init; } = "";

    /// <summary>Loggers.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
