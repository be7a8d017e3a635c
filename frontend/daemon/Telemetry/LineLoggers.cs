using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Telemetry;

/// <summary>Writes logs as lines, for people or as JSON. The level may be changed while they are used.</summary>
internal sealed class LineLoggers(TextWriter target, bool isJson, TimeProvider clock) : ILoggerFactory
{
    private readonly Lock _writing = new();   // one line at a time

    /// <summary>Least level that is written.</summary>
    public LogLevel Level { get; set; } = LogLevel.Information;   // read without a lock: a line more or less does not matter

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("lines are the only form");

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName);

    public void Dispose()
    {
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private void Write(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>> fields, Exception? error)
    {
        string line = isJson ? Json(level, category, message, fields, error) : Plain(level, message, error);
        lock (_writing)
        {
            target.WriteLine(line);
            target.Flush();
        }
    }

    private string Plain(LogLevel level, string message, Exception? error)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"time=\"{Time()}\" level={Word(level)} msg={Quote(message)}");
        if (error is not null)
        {
            text.Append(" error=").Append(Quote(Level <= LogLevel.Debug ? error.ToString() : error.Message));
        }

        return text.ToString();
    }

    private string Json(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>> fields, Exception? error)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("time", Time());
            json.WriteString("level", Word(level));
            json.WriteString("msg", message);
            json.WriteString("category", category);
            foreach ((string name, object? value) in fields)
            {
                if (name != "{OriginalFormat}")
                {
                    json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                }
            }

            if (error is not null)
            {
                json.WriteString("error", Level <= LogLevel.Debug ? error.ToString() : error.Message);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private string Time() => clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffK", CultureInfo.InvariantCulture);

    private static string Quote(string text) => JsonSerializer.Serialize(text, LineText.Readable.String);

    private sealed class LineLogger(LineLoggers owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner.Level && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                owner.Write(
                    logLevel, category, formatter(state, exception),
                    state as IReadOnlyList<KeyValuePair<string, object?>> ?? [], exception);
            }
        }
    }
}
