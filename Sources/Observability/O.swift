import Logging
import Metrics
