using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>Keeps warnings.</summary>
internal sealed class WarningLog : ILoggerFactory, ILogger
{
    public ConcurrentQueue<string> Warnings { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Warnings.Enqueue(formatter(state, exception));
        }
    }

    public void Dispose()
    {
    }
}
