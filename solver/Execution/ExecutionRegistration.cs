using Cairn.Snapshotter.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Solver.Execution;

/// <summary>Puts the executor and the ops that run on it into the solver's services.</summary>
internal static class ExecutionRegistration
{
    /// <summary>Adds the <see cref="IExecutor"/> and the kinds of exec and file ops.</summary>
    public static IServiceCollection AddExecution(this IServiceCollection services) => services.AddSingleton<IExecutor>(static provider =>
    {
        StoreRoot store = provider.GetRequiredService<StoreRoot>();
        return new ContainerExecutor(new ContainerExecutorOptions
        {
            RunDirectory = store.Instance.RunDirectory,
            InstanceId = store.Instance.Id,
            ProbeDirectory = store.Options.RunRoot,
            Clock = provider.GetRequiredService<TimeProvider>(),
        });
    });

    /// <summary>Ends the containers of an instance whose process is gone, before its directories are reclaimed.</summary>
    public static void EndContainers(DeadInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        DeadContainers.Kill(instance.RunDirectory);
    }
}
