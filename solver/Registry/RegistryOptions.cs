namespace Cairn.Solver.Registry;

/// <summary>How this engine talks to registries.</summary>
public sealed record RegistryOptions
{
    /// <summary>Clock of waits, deadlines and token lifetimes.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Transfers of blobs that run at once with one registry; requests for JSON have a slot of their own.</summary>
    public int MaxTransfersPerRegistry
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 4;

    /// <summary>Longest time to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest silence: without an answer, or without a byte of a body in either direction.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First wait after a failure that may pass; it doubles with each attempt.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between two attempts; also the longest that a registry's Retry-After is obeyed for, times eight.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Attempts after the first one.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>Blobs larger than this are sent in pieces of this size, in bytes; null sends each blob in one request.</summary>
    public long? UploadChunk { get; init; }

    /// <summary>Registries, as <c>host[:port]</c>, that may use plain HTTP or an unverified certificate.</summary>
    public IReadOnlySet<string> Insecure { get; init; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The product as registries see it.</summary>
    public string UserAgent { get; init; } = "cairn";
}
